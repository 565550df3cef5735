// A queue in a ring, with its two ends as globals.
// returns 28

enum { SIZE = 4 };

static int ring[SIZE], first, count;

int put(int value) {
    if (count == SIZE) {
        return 0;
    }
    ring[(first + count++) % SIZE] = value;
    return 1;
}

int take(int *value) {
    if (count == 0) {
        return 0;
    }
    *value = ring[first];
    first = (first + 1) % SIZE;
    count--;
    return 1;
}

int main(void) {
    int sum = 0, value;
    for (int i = 1; i <= 8; i++) {
        put(i);
        if (i % 2 == 0 && take(&value)) {
            sum += value;
        }
    }
    while (take(&value)) {
        sum += value;
    }
    return sum;
}
