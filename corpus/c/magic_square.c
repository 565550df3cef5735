// The common sum of a magic square of order three, by the siamese method.
// returns 15

int main(void) {
    int m[9];
    for (int i = 0; i < 9; i++) {
        m[i] = 0;
    }
    int row = 0;
    int column = 1;
    for (int n = 1; n <= 9; n++) {
        m[3 * row + column] = n;
        int r = (row + 2) % 3;
        int c = (column + 1) % 3;
        if (m[3 * r + c] != 0) {
            r = (row + 1) % 3;
            c = column;
        }
        row = r;
        column = c;
    }
    int sum = m[0] + m[4] + m[8];
    for (int i = 0; i < 3; i++) {
        if (m[3 * i] + m[3 * i + 1] + m[3 * i + 2] != sum) {
            return 0;
        }
    }
    return sum;
}
