// Levenshtein's distance, by a table.
// returns 3

int table[16][16];

int least(int a, int b, int c) {
    int m = a < b ? a : b;
    return m < c ? m : c;
}

int distance(const char *a, const char *b) {
    int i, j;
    for (i = 0; i == 0 || a[i - 1]; i++) {
        for (j = 0; j == 0 || b[j - 1]; j++) {
            if (i == 0 || j == 0) {
                table[i][j] = i + j;
            } else {
                table[i][j] = least(table[i - 1][j] + 1, table[i][j - 1] + 1, table[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
            }
        }
    }
    return table[i - 1][j - 1];
}

int main(void) {
    return distance("kitten", "sitting");
}
