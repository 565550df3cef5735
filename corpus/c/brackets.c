// Brackets that match, with 1 for ( and 2 for ), and one row that does not.
// returns 1

int matches(int s[], int n) {
    int depth = 0;
    for (int i = 0; i < n; i++) {
        if (s[i] == 1) {
            depth++;
        } else {
            depth--;
            if (depth < 0) {
                return 0;
            }
        }
    }
    return depth == 0;
}

int main(void) {
    int s[6];
    s[0] = 1;
    s[1] = 1;
    s[2] = 2;
    s[3] = 1;
    s[4] = 2;
    s[5] = 2;
    int good = matches(s, 6);
    s[5] = 1;
    return good && !matches(s, 6);
}
