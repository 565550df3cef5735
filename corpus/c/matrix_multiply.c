// The trace of a product of two matrices, kept in globals.
// returns 189

enum { N = 3 };
int a[N][N] = {{1, 2, 3}, {4, 5, 6}, {7, 8, 9}};
int b[N][N] = {{9, 8, 7}, {6, 5, 4}, {3, 2, 1}};
int c[N][N];

void multiply(int left[][N], int right[][N], int product[][N]) {
    for (int i = 0; i < N; i++) {
        for (int j = 0; j < N; j++) {
            product[i][j] = 0;
            for (int k = 0; k < N; k++) {
                product[i][j] += left[i][k] * right[k][j];
            }
        }
    }
}

int main(void) {
    multiply(a, b, c);
    int trace = 0;
    for (int i = 0; i < N; i++) {
        trace += c[i][i];
    }
    return trace;
}
