// A linear congruential generator with its state in a global.
// returns 59

static unsigned long state = 1;

unsigned next(void) {
    state = state * 1103515245 + 12345;
    return (state / 65536) % 32768;
}

int main(void) {
    unsigned last = 0;
    for (int i = 0; i < 100; i++) {
        last = next();
    }
    return last % 101;
}
