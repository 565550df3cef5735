// How many divisors 60 has.
// returns 12

int main(void) {
    int count = 0;
    for (int d = 1; d <= 60; d++) {
        if (60 % d == 0) {
            count++;
        }
    }
    return count;
}
