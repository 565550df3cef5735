// Moves for seven discs.
// returns 127

int hanoi(int n, int from, int to) {
    if (n == 0) {
        return 0;
    }
    int over = 6 - from - to;
    int before = hanoi(n - 1, from, over);
    int after = hanoi(n - 1, over, to);
    return before + 1 + after;
}

int main(void) {
    return hanoi(7, 1, 3);
}
