// strcmp: the sign of the first difference.
// returns 120

int compare(const char *a, const char *b) {
    while (*a && *a == *b) {
        a++;
        b++;
    }
    return (*a > *b) - (*a < *b);
}

int main(void) {
    int less = compare("apple", "banana");
    int equal = compare("pear", "pear");
    int greater = compare("plums", "plum");
    return (greater + 0) * 100 + (equal + 1) * 20 + (less + 1) * 7;
}
