// strstr: where one string lies in another.
// returns 7

#include <stddef.h>

const char *find(const char *text, const char *what) {
    for (; *text; text++) {
        const char *a = text, *b = what;
        while (*b && *a == *b) {
            a++;
            b++;
        }
        if (!*b) {
            return text;
        }
    }
    return NULL;
}

int main(void) {
    const char *text = "finding a needle in a haystack";
    const char *found = find(text, " a ");
    if (found == NULL || find(text, "nail") != NULL) {
        return 1;
    }
    return found - text;
}
