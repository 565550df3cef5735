// The integer square root of 1000, by Newton.
// returns 31

int root(int n) {
    int x = n;
    int y = (x + 1) / 2;
    while (y < x) {
        x = y;
        y = (x + n / x) / 2;
    }
    return x;
}

int main(void) {
    return root(1000);
}
