// The Ackermann function of 3 and 3.
// returns 61

int ackermann(int m, int n) {
    if (m == 0) {
        return n + 1;
    }
    if (n == 0) {
        return ackermann(m - 1, 1);
    }
    int inner = ackermann(m, n - 1);
    return ackermann(m - 1, inner);
}

int main(void) {
    return ackermann(3, 3);
}
