#ifndef ROMAN_H
#define ROMAN_H

#include <stddef.h>

/* What a number from 1 to 3999 needs at most, with the NUL: MMMDCCCLXXXVIII. */
#define ROMAN_SIZE 16

/* Writes `number` in Roman numerals into `text`. Returns 0, or -1 where there are none. */
int roman(long number, char *text, size_t size);

#endif
