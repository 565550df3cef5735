// Words of a sentence, separated by blanks.
// returns 9

int is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\n';
}

int words(const char *text) {
    int count = 0, inside = 0;
    for (const char *p = text; *p; p++) {
        if (is_blank(*p)) {
            inside = 0;
        } else if (!inside) {
            inside = 1;
            count++;
        }
    }
    return count;
}

int main(void) {
    return words("  the quick brown fox\tjumps over the lazy dog\n");
}
