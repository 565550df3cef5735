// strcpy and strcat in the style of the textbook.
// returns 11

void copy(char *to, const char *from) {
    while ((*to++ = *from++) != '\0') {
    }
}

void append(char *to, const char *from) {
    while (*to) {
        to++;
    }
    copy(to, from);
}

int length(const char *s) {
    int n = 0;
    while (s[n]) {
        n++;
    }
    return n;
}

int main(void) {
    char buffer[32];
    copy(buffer, "hello");
    append(buffer, " ");
    append(buffer, "world");
    return length(buffer);
}
