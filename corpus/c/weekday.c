// The weekday of 21 November 2026, Saturday, by Zeller's rule with Sunday as 0.
// returns 6

int main(void) {
    int day = 21;
    int month = 11;
    int year = 2026;
    int k = year % 100;
    int j = year / 100;
    int h = (day + 13 * (month + 1) / 5 + k + k / 4 + j / 4 + 5 * j) % 7;
    return (h + 6) % 7;
}
