// The sixth Catalan number.
// returns 132

int main(void) {
    int c[7];
    c[0] = 1;
    for (int n = 1; n <= 6; n++) {
        c[n] = 0;
        for (int i = 0; i < n; i++) {
            c[n] += c[i] * c[n - 1 - i];
        }
    }
    return c[6];
}
