#include <stdio.h>
#include <stdlib.h>

#include "roman.h"

int main(int count, char **words)
{
    char text[ROMAN_SIZE]; /* Flawfinder: ignore (its size is given to what writes it) */
    char *end = NULL;
    long number = count == 2 ? strtol(words[1], &end, 10) : 0;

    if (count != 2 || *end != '\0' || end == words[1] || roman(number, text, sizeof text) != 0) {
        fputs("usage: roman NUMBER, from 1 to 3999\n", stderr);
        return 2;
    }
    puts(text);
    return 0;
}
