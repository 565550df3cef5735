// Turns a square matrix in place.
// returns 83

#define SIZE 3

void transpose(int m[SIZE][SIZE]) {
    for (int i = 0; i < SIZE; i++) {
        for (int j = i + 1; j < SIZE; j++) {
            int t = m[i][j];
            m[i][j] = m[j][i];
            m[j][i] = t;
        }
    }
}

int main(void) {
    int m[SIZE][SIZE] = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
    transpose(m);
    return m[1][2] * 10 + m[2][0];
}
