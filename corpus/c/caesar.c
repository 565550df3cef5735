// Shifts letters by three and back, and checks one on the way.
// returns 107

void shift(char *text, int by) {
    for (; *text; text++) {
        if (*text >= 'a' && *text <= 'z') {
            *text = 'a' + (*text - 'a' + by + 26) % 26;
        }
    }
}

int main(void) {
    char text[] = "the hidden word";
    shift(text, 3);
    int seen = text[1];
    shift(text, -3);
    return text[1] == 'h' ? seen : 0;
}
