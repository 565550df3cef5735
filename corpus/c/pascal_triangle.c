// Pascal's triangle in a matrix of growing rows.
// returns 126

int main(void) {
    int c[10][10] = {{1}};
    for (int n = 1; n < 10; n++) {
        for (int k = 0; k <= n; k++) {
            c[n][k] = c[n - 1][k] + (k > 0 ? c[n - 1][k - 1] : 0);
        }
    }
    return c[9][4];
}
