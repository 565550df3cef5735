// Numbers from 10 to 199 that read the same backwards.
// returns 19

int mirror(int n) {
    int r = 0;
    while (n > 0) {
        r = r * 10 + n % 10;
        n /= 10;
    }
    return r;
}

int main(void) {
    int count = 0;
    for (int n = 10; n < 200; n++) {
        if (mirror(n) == n) {
            count++;
        }
    }
    return count;
}
