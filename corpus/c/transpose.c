// A matrix mirrored at its diagonal, twice.
// returns 1

int main(void) {
    int m[16];
    for (int i = 0; i < 16; i++) {
        m[i] = i;
    }
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < 4; i++) {
            for (int j = 0; j < i; j++) {
                int t = m[4 * i + j];
                m[4 * i + j] = m[4 * j + i];
                m[4 * j + i] = t;
            }
        }
        if (round == 0 && m[1] != 4) {
            return 0;
        }
    }
    for (int i = 0; i < 16; i++) {
        if (m[i] != i) {
            return 0;
        }
    }
    return 1;
}
