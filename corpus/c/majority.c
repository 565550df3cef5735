// The value that more than half of the votes name.
// returns 5

int main(void) {
    int votes[11];
    for (int i = 0; i < 11; i++) {
        votes[i] = i % 2 == 0 ? 5 : i;
    }
    int candidate = 0;
    int lead = 0;
    for (int i = 0; i < 11; i++) {
        if (lead == 0) {
            candidate = votes[i];
        }
        lead += votes[i] == candidate ? 1 : -1;
    }
    return candidate;
}
