/* Tests of roman(), written as JUnit XML to the file that is named, and told on standard output. */
#include <stdio.h>
#include <string.h>

#include "../src/roman.h"

static const struct {
    long number;
    const char *wanted; /* NULL: refused */
} CASES[] = {
    {1, "I"},          {4, "IV"},     {9, "IX"}, {14, "XIV"}, {40, "XL"},  {90, "XC"},
    {444, "CDXLIV"},   {1994, "MCMXCIV"},        {2026, "MMXXVI"},
    {3888, "MMMDCCCLXXXVIII"},        {3999, "MMMCMXCIX"},
    {0, NULL},         {-1, NULL},    {4000, NULL},
};

static int passes(long number, const char *wanted)
{
    char text[ROMAN_SIZE];

    if (roman(number, text, sizeof text) != 0)
        return wanted == NULL;
    return wanted != NULL && strcmp(text, wanted) == 0;
}

int main(int count, char **words)
{
    size_t cases = sizeof CASES / sizeof CASES[0];
    int failed = 0;
    FILE *report = count == 2 ? fopen(words[1], "w") : NULL;

    if (count == 2 && report == NULL) {
        perror(words[1]);
        return 2;
    }
    if (report)
        fputs("<testsuite name=\"roman\">\n", report);
    for (size_t i = 0; i < cases; i++) {
        int passed = passes(CASES[i].number, CASES[i].wanted);

        failed += !passed;
        printf("%s %ld\n", passed ? "ok" : "not ok", CASES[i].number);
        if (report)
            fprintf(report, "<testcase classname=\"roman\" name=\"%ld\">%s</testcase>\n",
                    CASES[i].number, passed ? "" : "<failure/>");
    }
    if (report) {
        fputs("</testsuite>\n", report);
        if (fclose(report) != 0) {
            perror(words[1]);
            return 2;
        }
    }
    printf("%zu tests, %d failed\n", cases, failed);
    return failed != 0;
}
