// The best value that a knapsack of 50 holds: weights 10 20 30, values 60 100 120.
// returns 220

int main(void) {
    int best[51];
    int weight[3];
    int value[3];
    weight[0] = 10;
    weight[1] = 20;
    weight[2] = 30;
    value[0] = 60;
    value[1] = 100;
    value[2] = 120;
    for (int w = 0; w <= 50; w++) {
        best[w] = 0;
    }
    for (int i = 0; i < 3; i++) {
        for (int w = 50; w >= weight[i]; w--) {
            int with = best[w - weight[i]] + value[i];
            if (with > best[w]) {
                best[w] = with;
            }
        }
    }
    return best[50];
}
