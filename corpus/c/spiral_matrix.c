// Fills a matrix in a spiral.
// returns 122

enum { N = 5 };

int main(void) {
    int m[N][N] = {{0}};
    int row = 0, column = 0, down = 0, right = 1;
    for (int value = 1; value <= N * N; value++) {
        m[row][column] = value;
        int r = row + down, c = column + right;
        if (r < 0 || r >= N || c < 0 || c >= N || m[r][c]) {
            int turned = down;
            down = right;
            right = -turned;
        }
        row += down;
        column += right;
    }
    return m[2][2] * 5 + m[4][0] - m[1][1] + m[3][3] - m[0][4] - m[2][0];
}
