// Ones in the binary form of 0x0f0ff0f0 as a number, by clearing the lowest.
// returns 16

int main(void) {
    int n = 252702960;
    int count = 0;
    while (n) {
        n &= n - 1;
        count++;
    }
    return count;
}
