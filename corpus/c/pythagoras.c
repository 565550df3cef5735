// Pythagorean triples with hypotenuse up to 100.
// returns 52

int main(void) {
    int count = 0;
    for (int a = 1; a <= 100; a++) {
        for (int b = a; b <= 100; b++) {
            for (int c = b; c <= 100; c++) {
                if (a * a + b * b == c * c) {
                    count++;
                }
            }
        }
    }
    return count;
}
