// The eight bits of 43 mirrored.
// returns 212

int main(void) {
    int n = 43;
    int r = 0;
    for (int i = 0; i < 8; i++) {
        r = r << 1 | (n >> i & 1);
    }
    return r;
}
