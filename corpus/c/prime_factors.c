// How many prime factors 360360 / 4004 = 90 has, with multiplicity.
// returns 4

int main(void) {
    int n = 90;
    int count = 0;
    for (int d = 2; n > 1; ) {
        if (n % d == 0) {
            n /= d;
            count++;
        } else {
            d++;
        }
    }
    return count;
}
