// Numbers below 16 with an odd number of ones.
// returns 8

int main(void) {
    int odd = 0;
    for (int n = 0; n < 16; n++) {
        int p = 0;
        for (int b = n; b; b >>= 1) {
            p ^= b & 1;
        }
        odd += p;
    }
    return odd;
}
