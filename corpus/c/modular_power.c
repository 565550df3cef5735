// 2^100 modulo 101 is 1, by Fermat, and 2^10 is 14.
// returns 24

int power(int b, int e, int m) {
    int r = 1;
    b %= m;
    while (e > 0) {
        if (e % 2 == 1) {
            r = r * b % m;
        }
        b = b * b % m;
        e /= 2;
    }
    return r;
}

int main(void) {
    return power(2, 100, 101) * 10 + power(2, 10, 101);
}
