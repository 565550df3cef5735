// Three-digit numbers that are the sum of their digits' cubes.
// returns 4

int main(void) {
    int count = 0;
    for (int n = 100; n < 1000; n++) {
        int a = n / 100;
        int b = n / 10 % 10;
        int c = n % 10;
        if (a * a * a + b * b * b + c * c * c == n) {
            count++;
        }
    }
    return count;
}
