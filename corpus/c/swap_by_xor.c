// Two numbers exchanged without a third.
// returns 73

int main(void) {
    int a = 3;
    int b = 7;
    a ^= b;
    b ^= a;
    a ^= b;
    return a * 10 + b;
}
