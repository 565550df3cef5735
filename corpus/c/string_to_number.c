// atoi with a sign.
// returns 123

int number(const char *text) {
    int sign = 1, value = 0;
    while (*text == ' ') {
        text++;
    }
    if (*text == '-' || *text == '+') {
        sign = *text == '-' ? -1 : 1;
        text++;
    }
    while (*text >= '0' && *text <= '9') {
        value = value * 10 + (*text - '0');
        text++;
    }
    return sign * value;
}

int main(void) {
    return number("  456abc") + number("-333");
}
