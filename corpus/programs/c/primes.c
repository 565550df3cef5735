// Beyond restricted C: a local array, functions that call each other, nested loops. main returns the 10th prime.
int is_prime(int n)
{
    for (int d = 2; d * d <= n; d++)
    {
        if (n % d == 0)
        {
            return 0;
        }
    }
    return n >= 2;
}

int main(void)
{
    int found[10];
    int count = 0;
    for (int n = 2; count < 10; n++)
    {
        if (is_prime(n))
        {
            found[count] = n;
            count++;
        }
    }
    return found[9];
}
