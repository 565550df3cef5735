// The digits of 123456789 added up.
// returns 45

int main(void) {
    int n = 123456789;
    int s = 0;
    do {
        s += n % 10;
        n /= 10;
    } while (n > 0);
    return s;
}
