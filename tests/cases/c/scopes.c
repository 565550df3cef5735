//! test parse ir interp

int shadow(int x)
{
    int y = x;
    {
        int x = 10;
        y += x;
        {
            int x = 100;
            y += x;
        }
        x++;
        y += x;
    }
    for (int x = 0; x < 2; x++)
    {
        int x = 1000;
        y += x;
    }
    return y + x;
}
//! run shadow(1) == 2123
