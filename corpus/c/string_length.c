// strlen by a pointer that walks to the end.
// returns 19

int length(const char *text) {
    const char *end = text;
    while (*end != '\0') {
        end++;
    }
    return end - text;
}

int main(void) {
    char word[20] = "pointer";
    return length(word) + length("") + length("hello, world");
}
