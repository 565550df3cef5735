// 1..4 times 5..8.
// returns 70

int dot(int a[], int b[], int n) {
    int s = 0;
    for (int i = 0; i < n; i++) {
        s += a[i] * b[i];
    }
    return s;
}

int main(void) {
    int a[4];
    int b[4];
    for (int i = 0; i < 4; i++) {
        a[i] = i + 1;
        b[i] = i + 5;
    }
    return dot(a, b, 4);
}
