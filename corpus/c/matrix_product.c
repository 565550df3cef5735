// One element of a product of 3 by 3 matrices, rows in one array.
// returns 69

int main(void) {
    int a[9];
    int b[9];
    int c[9];
    for (int i = 0; i < 9; i++) {
        a[i] = i + 1;
        b[i] = 9 - i;
    }
    for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
            int s = 0;
            for (int k = 0; k < 3; k++) {
                s += a[3 * i + k] * b[3 * k + j];
            }
            c[3 * i + j] = s;
        }
    }
    return c[4];
}
