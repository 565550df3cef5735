// The twelfth Fibonacci number, by iteration.
// returns 144

int main(void) {
    int a = 0;
    int b = 1;
    for (int i = 0; i < 12; i++) {
        int c = a + b;
        a = b;
        b = c;
    }
    return a;
}
