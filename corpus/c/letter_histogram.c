// How often the commonest letter stands in a text; counts are global.
// returns 8

static unsigned counts[26];

void count(const char *text) {
    while (*text) {
        char c = *text++;
        if (c >= 'A' && c <= 'Z') {
            c += 'a' - 'A';
        }
        if (c >= 'a' && c <= 'z') {
            counts[c - 'a']++;
        }
    }
}

int main(void) {
    count("She sells sea shells ");
    count("by the seashore");
    unsigned most = 0;
    for (int i = 0; i < 26; i++) {
        if (counts[i] > most) {
            most = counts[i];
        }
    }
    return most;
}
