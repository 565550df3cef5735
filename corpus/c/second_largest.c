// The second largest of 0..19 in disorder.
// returns 18

int main(void) {
    int first = -1;
    int second = -1;
    for (int i = 0; i < 20; i++) {
        int x = i * 7 % 20;
        if (x > first) {
            second = first;
            first = x;
        } else if (x > second) {
            second = x;
        }
    }
    return second;
}
