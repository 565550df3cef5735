// 4321 mirrored is 1234; modulo 236.
// returns 54

int main(void) {
    int n = 4321;
    int r = 0;
    while (n > 0) {
        r = r * 10 + n % 10;
        n /= 10;
    }
    return r % 236;
}
