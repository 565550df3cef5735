// Ways to pay 50 with coins of 1, 5, 10 and 25.
// returns 49

int main(void) {
    int ways[51];
    int coin[4];
    coin[0] = 1;
    coin[1] = 5;
    coin[2] = 10;
    coin[3] = 25;
    for (int i = 0; i <= 50; i++) {
        ways[i] = 0;
    }
    ways[0] = 1;
    for (int c = 0; c < 4; c++) {
        for (int i = coin[c]; i <= 50; i++) {
            ways[i] += ways[i - coin[c]];
        }
    }
    return ways[50];
}
