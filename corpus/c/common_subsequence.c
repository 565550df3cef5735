// The length of the longest common subsequence.
// returns 4

#define MOST 20

int longest(const char *a, const char *b) {
    static int best[MOST + 1][MOST + 1];
    int n = 0, m = 0;
    while (a[n]) {
        n++;
    }
    while (b[m]) {
        m++;
    }
    for (int i = n - 1; i >= 0; i--) {
        for (int j = m - 1; j >= 0; j--) {
            if (a[i] == b[j]) {
                best[i][j] = best[i + 1][j + 1] + 1;
            } else {
                best[i][j] = best[i + 1][j] > best[i][j + 1] ? best[i + 1][j] : best[i][j + 1];
            }
        }
    }
    return best[0][0];
}

int main(void) {
    return longest("ABCBDAB", "BDCABA");
}
