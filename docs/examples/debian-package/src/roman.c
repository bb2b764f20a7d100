#include "roman.h"

static const struct {
    int value;
    const char *letters;
} NUMERALS[] = {
    {1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
    {40, "XL"},  {10, "X"},   {9, "IX"},  {5, "V"},    {4, "IV"},  {1, "I"},
};

int roman(long number, char *text, size_t size)
{
    if (number < 1 || number > 3999 || size < ROMAN_SIZE)
        return -1;
    for (size_t row = 0; number > 0;) {
        if (number < NUMERALS[row].value) {
            row++;
            continue;
        }
        for (const char *letter = NUMERALS[row].letters; *letter; letter++)
            *text++ = *letter;
        number -= NUMERALS[row].value;
    }
    *text = '\0';
    return 0;
}
