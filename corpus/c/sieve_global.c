// Primes below a thousand, crossed out in a global.
// returns 168

#define LIMIT 1000

static char composite[LIMIT];

int main(void) {
    int count = 0;
    for (int i = 2; i < LIMIT; i++) {
        if (composite[i]) {
            continue;
        }
        count++;
        for (int j = i * i; j < LIMIT; j += i) {
            composite[j] = 1;
        }
    }
    return count;
}
