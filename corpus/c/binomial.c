// Eight over four, by Pascal's triangle in one row.
// returns 70

int main(void) {
    int row[9];
    for (int i = 0; i <= 8; i++) {
        row[i] = 0;
    }
    row[0] = 1;
    for (int n = 1; n <= 8; n++) {
        for (int k = n; k >= 1; k--) {
            row[k] += row[k - 1];
        }
    }
    return row[4];
}
