// Steps from 27 to 1.
// returns 111

int main(void) {
    int n = 27;
    int steps = 0;
    while (n != 1) {
        n = n % 2 == 0 ? n / 2 : 3 * n + 1;
        steps++;
    }
    return steps;
}
