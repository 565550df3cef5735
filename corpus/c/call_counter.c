// Static variables outlive their calls.
// returns 55

int next(void) {
    static int n;
    return ++n;
}

int total(int value) {
    static int sum = 0;
    sum += value;
    return sum;
}

int main(void) {
    int last = 0;
    for (int i = 0; i < 10; i++) {
        last = total(next());
    }
    return last;
}
