// Happy numbers up to 100.
// returns 20

int next(int n) {
    int s = 0;
    while (n > 0) {
        int d = n % 10;
        s += d * d;
        n /= 10;
    }
    return s;
}

int main(void) {
    int count = 0;
    for (int n = 1; n <= 100; n++) {
        int m = n;
        while (m != 1 && m != 4) {
            m = next(m);
        }
        if (m == 1) {
            count++;
        }
    }
    return count;
}
