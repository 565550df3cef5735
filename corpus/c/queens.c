// Ways to put eight queens on a board.
// returns 92

int place(int column[], int row) {
    if (row == 8) {
        return 1;
    }
    int count = 0;
    for (int c = 0; c < 8; c++) {
        int safe = 1;
        for (int r = 0; r < row; r++) {
            int gap = column[r] - c;
            if (gap == 0 || gap == row - r || gap == r - row) {
                safe = 0;
                break;
            }
        }
        if (safe) {
            column[row] = c;
            count += place(column, row + 1);
        }
    }
    return count;
}

int main(void) {
    int column[8];
    return place(column, 0);
}
